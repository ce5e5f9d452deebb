"""Files that are written whole or not at all: the folder of a run, and the runs of a folder."""
