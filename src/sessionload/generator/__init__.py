"""The load loop: a process that sends session starts at their due instants and measures them."""
