"""The contract suite: cases and rules that are sent one by one, and what came of them."""
