"""The commands: options in, progress and exit codes out."""
