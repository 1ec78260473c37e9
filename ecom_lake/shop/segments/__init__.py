"""How people are parted, named and remembered. Not here: the table (segment_centres.py), which lies beside this folder."""
