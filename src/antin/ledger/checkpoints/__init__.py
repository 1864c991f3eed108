"""What is signed about the tree, by us and by others, and what is shown with it."""
