"""Words of descriptions, as the vendors write them."""

from __future__ import annotations

import doctest

import pytest

from MuscleMyopathyLib.imaging import role_words
from MuscleMyopathyLib.imaging.role_words import FAT_SUPPRESSED, dixon_image, first_word, plain_words


def test_the_examples_of_the_module_are_true():
    assert doctest.testmod(role_words).failed == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t2_tse_FatSat", "t2 tse fat sat"),
        ("InPhase: LAVA-Flex", "in phase lava flex"),
        ("mDIXON_W", "mdixon w"),
        ("T2FS", "t2fs"),
        ("R2*: IDEAL IQ", "r2* ideal iq"),
    ],
)
def test_a_description_becomes_plain_words(text, words):
    assert plain_words(text) == words


@pytest.mark.parametrize("text", ["t1 no fs", "T2 non-FatSat", "pd w/o fat suppression", "t1 ohne fs"])
def test_fat_suppression_that_is_denied_is_not_found(text):
    assert first_word(FAT_SUPPRESSED, text) is None


@pytest.mark.parametrize("text", ["t1 water excitation", "t2 fat suppressed", "w", "water and fat", "T1 W TSE"])
def test_words_that_name_no_single_dixon_image_name_none(text):
    assert dixon_image(text) is None
