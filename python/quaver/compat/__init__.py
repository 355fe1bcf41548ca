"""Stand-ins for libraries that speech emotion projects are written against."""
