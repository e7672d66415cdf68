"""A recipe and its two modes in sentences, and what each figure of a validation is."""

from __future__ import annotations

from collections.abc import Sequence

from MuscleMyopathyLib.modeling.recipe import Balance, Imputation, Recipe
from MuscleMyopathyLib.modeling.selection.parameters import (
    CappedBySize,
    Correlation,
    ForwardSelection,
    Lasso,
    RelevantNotRedundant,
    ReliableOnly,
    Step,
    Uncorrelated,
    Univariate,
    ZScore,
)
from MuscleMyopathyLib.modeling.validation.parameters import Mode
from MuscleMyopathyLib.modeling.validation.result import ValidationResult
from MuscleMyopathyLib.report.glossary import Entry

MODES = {
    Mode.NESTED: (
        "Scaling, selection and tuning are done in each training set alone: the patients tested had no part in "
        "them. These are the figures to expect of new patients from the same source."
    ),
    Mode.PAPER: (
        "Scaling and selection are done once on all patients, those tested included, before the "
        "cross-validation, as the papers did. The patients tested have helped to choose the features; the "
        "figures are optimistic and stand here to be compared with the papers."
    ),
}

CHOSEN_ON_TEST = (
    "In the paper the classifier with the best AUC in the test set is called optimal. That choice is made on "
    "the test set, so that its figure is the luckiest of several and no estimate for new patients."
)

GLOSSARY = (
    Entry(
        "auc",
        "AUC",
        "Area under the ROC curve: the probability that a patient of the class has a higher probability of it "
        "than another. Of three and more classes the mean of each against all the others (macro average, one "
        "versus rest). The value of a repeat is the mean over its folds, since probabilities of different "
        "models are not on one scale.",
        "Hanley and McNeil, Radiology 1982;143:29–36",
    ),
    Entry(
        "spread",
        "± SD",
        "Standard deviation over the repeats of the cross-validation. It tells how much the figure depends on "
        "how the patients fell into folds, not how much it would differ in other patients: that is what the "
        "interval is for.",
        "Vanwinckelen and Blockeel, BeneLearn 2012:39–44",
    ),
    Entry(
        "recall",
        "Recall (sensitivity), precision (PPV), specificity, F1",
        "Of the patients of a class, the share recognised; of those called so, the share that is; of the "
        "others, the share not called so; harmonic mean of recall and precision. Macro averages weigh every "
        "class alike.",
        "Sokolova and Lapalme, Inf Process Manag 2009;45:427–437",
    ),
    Entry(
        "brier",
        "Brier score",
        "Mean squared difference between the probability and what came true; summed over the classes where there "
        "are more than two (0 to 2). 0 is perfect, lower is better. Of two classes, always predicting the share p "
        "scores p (1 − p).",
        "Brier, Mon Weather Rev 1950;78:1–3",
    ),
    Entry(
        "calibration",
        "Calibration slope and intercept",
        "Of a logistic regression of the outcome on the logit of the probability. A slope below 1: "
        "probabilities too extreme, as of an over-fitted model. An intercept (at slope 1) above 0: "
        "probabilities too low.",
        "Van Calster et al., BMC Med 2019;17:230",
    ),
    Entry(
        "net-benefit",
        "Net benefit",
        "True positives per patient, less the false positives per patient × t / (1 − t) at the threshold "
        "probability t.",
        "Vickers and Elkin, Med Decis Making 2006;26:565–574",
    ),
    Entry(
        "optimism",
        "Optimism",
        "Paper mode less nested mode (for the Brier score, nested less paper): what selection on the patients "
        "tested adds to the figures.",
        "Ambroise and McLachlan, Proc Natl Acad Sci USA 2002;99:6562–6566",
    ),
    Entry(
        "permutation",
        "Permutation test",
        "The whole validation with the outcomes shuffled among the patients: what chance gives with these "
        "features and this recipe. p is the share of shuffles that do at least as well, the true order counted.",
        "Ojala and Garriga, J Mach Learn Res 2010;11:1833–1863",
    ),
)


def recipe_statements(results: Sequence[ValidationResult]) -> list[tuple[str, str]]:
    """Return what was done, as (topic, sentence)."""
    recipe = results[0].recipe
    statements = []
    if recipe.description:
        source = f" Source: {recipe.source}." if recipe.source else ""
        statements.append(("Recipe", f"{recipe.description}.{source}"))
    statements.append(("Features", f"{_sentence('; then '.join(step_words(step) for step in recipe.steps))}."))
    own = [one.feature_set for one in results if one.recipe.steps != recipe.steps]
    if own:
        names = ", ".join(dict.fromkeys(own))
        statements.append(("Other steps", f"{names} have their own: {_own_steps(results, own[0])}."))
    statements.append(("Classifiers", f"{', '.join(recipe.classifiers)}; {_training_words(recipe)}."))
    if len(results[0].classes) == 2:
        other, positive = results[0].classes
        text = f"{positive}: sensitivity, precision and F1 are about it, specificity about {other}."
        statements.append(("Positive class", text))
    statements.append(("Validation", f"{_sentence(recipe.validation.words)}."))
    intervals = dict.fromkeys(str(words) for one in results for words in one.summary["interval"].dropna())
    if named := [words for words in intervals if words]:
        statements.append(("Intervals", f"{100 * recipe.validation.confidence:g} %: {'; '.join(named)}."))
    for mode in (Mode.NESTED, Mode.PAPER):
        if any(one.mode is mode for one in results):
            statements.append((f"{mode} mode".capitalize(), MODES[mode]))
    return statements


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _own_steps(results: Sequence[ValidationResult], feature_set: str) -> str:
    recipe = next(one.recipe for one in results if one.feature_set == feature_set)
    return "; then ".join(step_words(step) for step in recipe.steps) or "none"


def _training_words(recipe: Recipe) -> str:
    parts = [
        f"tuned by {recipe.tuning.folds}-fold cross-validation inside each training set"
        if recipe.tuning
        else "parameters as scikit-learn and XGBoost give them"
    ]
    if recipe.calibrated:
        parts.append("probabilities calibrated (Platt) inside the training sets")
    if recipe.balance is Balance.WEIGHTS:
        parts.append("rare classes weigh as much as frequent ones")
    if recipe.imputation is Imputation.MEDIAN:
        parts.append("missing values take the training set's median")
    return ", ".join(parts)


def step_words(step: Step) -> str:
    """Return a selection step in words."""
    if isinstance(step, ZScore):
        return "z-score of every feature"
    if isinstance(step, ReliableOnly):
        return f"features whose ICC reaches {step.threshold:g} in every comparison of readings"
    if isinstance(step, Univariate):
        return f"features that differ between the classes, p < {step.p:g} (Mann–Whitney or Kruskal–Wallis)"
    if isinstance(step, Uncorrelated):
        symbol, name = ("r", "Pearson") if step.method is Correlation.PEARSON else ("ρ", "Spearman")
        too_alike = f"|{symbol}| {'≥' if step.inclusive else '>'} {step.threshold:g} ({name})"
        return f"of two features with {too_alike} the one less collinear with the others"
    if isinstance(step, Lasso):
        return f"features with a coefficient in a LASSO, penalty by {step.folds}-fold cross-validation"
    if isinstance(step, RelevantNotRedundant):
        return f"the {step.features} features of maximum relevance and minimum redundancy (mRMR)"
    if isinstance(step, ForwardSelection):
        return (
            f"{step.fewest} to {step.most} features by sequential forward selection for the classifier, by "
            f"{step.folds}-fold cross-validation"
        )
    if isinstance(step, CappedBySize):
        return f"one feature per {step.patients_per_feature:g} patients of the rarest class, those that tell most"
    raise TypeError(f"no words for {type(step).__name__}")
