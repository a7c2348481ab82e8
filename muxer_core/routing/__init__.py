"""Pure choice: (facts of a request, view of the fleet) -> decision with reasons."""
