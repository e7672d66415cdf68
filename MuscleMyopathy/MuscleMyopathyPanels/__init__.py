"""The panels of the module Muscle Myopathy: one file per panel, and one per piece that they share."""
