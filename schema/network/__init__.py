"""What only the network needs: HTTP, WebSocket and SSE, who is asking, what it costs, and how errors are answered."""
