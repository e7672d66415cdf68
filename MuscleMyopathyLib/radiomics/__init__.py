"""Radiomics features of muscles with PyRadiomics: presets, preprocessing, extraction, feature tables."""
