"""Muscles by a neural network: classes, limb images, engines, inference."""
