"""The rooms behind `quaver.corpus`: what names say, the table they make, who reads which corpus."""
