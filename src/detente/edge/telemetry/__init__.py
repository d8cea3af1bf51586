"""What the gateway tells machines of its exchanges: metrics for Prometheus, events for a SIEM; all made from records."""
