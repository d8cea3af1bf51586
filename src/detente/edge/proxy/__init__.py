"""The gateway's sockets: HTTP/1.1 on asyncio protocols, one process a core, and not a byte to a model that nobody looked at."""
