"""Stand-ins for libraries that speech projects are written against: same names, same numbers.

`quaver.compat.librosa`, `quaver.compat.pyaudioanalysis` and `quaver.compat.python_speech_features`
are imported in place of the originals; `quaver.install_as` puts them there for unchanged code.
"""
