"""The house looks after itself: size, words, papers and pins."""
