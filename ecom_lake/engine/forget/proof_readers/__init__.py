"""The readers of the proof, one kind of file each: they find ids in what a file holds, also where it is compressed."""
