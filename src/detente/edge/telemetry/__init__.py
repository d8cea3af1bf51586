"""What the gateway tells machines of its exchanges: metrics for Prometheus, traces for OpenTelemetry, events for a SIEM; all made from records."""
