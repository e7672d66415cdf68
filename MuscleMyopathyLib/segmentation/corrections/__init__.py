"""Learning from corrections: accepted pairs, fine-tuning with replay, versions that can be rolled back."""
