"""What a set's files hold, and what of it is wrong, without training on it."""
