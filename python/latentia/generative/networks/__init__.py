"""Networks: one family a file, each for every size and number of channels."""
