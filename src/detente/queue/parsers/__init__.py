"""One file per report format; `registry` names them all."""
