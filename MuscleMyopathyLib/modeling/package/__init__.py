"""Model packages (.mmyo): a trained classifier, its card, and the rules by which a file is trusted."""
