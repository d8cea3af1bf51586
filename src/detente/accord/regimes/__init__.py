"""Compliance clocks, one file per rule book; `registry` knows them by the name the accord gives them."""
