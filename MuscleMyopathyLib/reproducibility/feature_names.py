"""What a PyRadiomics feature name says: the filter that made the image, and the class of the feature.

>>> image_type_and_class("thigh.T1w.wavelet-LLH_glszm_ZoneEntropy")
('wavelet-LLH', 'glszm')
>>> image_type_and_class("ff_mean_percent")
('', '')
"""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?:.*\.)?(?P<image_type>[^._]+)_(?P<feature_class>firstorder|shape2D|shape|glcm|gldm|glrlm|glszm|ngtdm)_\w+"
)


def image_type_and_class(feature: str) -> tuple[str, str]:
    """Return image type and feature class; two empty texts for what is no PyRadiomics feature.

    The prefix of a fused table (``thigh.T1w.``) is passed over.
    """
    match = _NAME.fullmatch(feature)
    return (match["image_type"], match["feature_class"]) if match else ("", "")
