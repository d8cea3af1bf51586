"""One file a step, named by what it brings; `revision` orders them, tables.REVISION names the newest."""
