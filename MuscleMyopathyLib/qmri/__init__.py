"""Fat fraction, T2, and their measures per structure."""
