"""Gates and parking in the core."""
