"""Validation of classifiers: splits by patient, paper and nested mode, scores, stability, permutation."""
