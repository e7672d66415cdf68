"""Scoring forms driven by data: scales, answers, suggested Mercuri scores, the 2017 EULAR/ACR classification."""
