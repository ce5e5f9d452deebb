"""Where the program touches the world: files, sockets, clocks and processes."""
