"""VOID's recipe: both passes, in the conventions of the published weights."""
