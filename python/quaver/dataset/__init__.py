"""Features of a corpus of any size as a folder of Parquet files, and back again.

`quaver.extract_corpus` writes such a folder, on threads, processes or a cluster, and goes on where
it was stopped; `quaver.read_corpus_features` reads it.
"""
