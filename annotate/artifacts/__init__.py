"""What is generated from a label schema: interface, JSON Schemas, guidelines, dataset features."""
