"""Transports: HTTP, WebSocket and SSE, authentication, rate limits, and error masking."""
