"""Programs that run inside step containers; they import no other room but the server's preprocessing."""
