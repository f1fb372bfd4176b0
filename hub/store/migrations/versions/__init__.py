"""One file = one step; its name begins with r and its number."""
