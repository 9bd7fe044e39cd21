"""The AWS stack: what exists, who may touch it, and what is watched."""
