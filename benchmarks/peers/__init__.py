"""The suite of native CPU peers: other libraries' times at equal quality."""
