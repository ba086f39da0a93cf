"""Scenes for a real Kubric installation, and back: what it renders, in VOID's layout.

`export` writes assets, jobs and the script that Kubric's container runs (`worker`); `importing` reads what that wrote.
"""
