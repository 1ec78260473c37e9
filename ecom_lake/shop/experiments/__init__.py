"""Planning and analyzing experiments. Not here: reading and writing files of an experiment (cli/)."""
