"""One file per family of what must not leave; `registry` names them all."""
