"""One customer: all that a warehouse knows, where it is from, and why which letter goes out."""
