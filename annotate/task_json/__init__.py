"""Label Studio's task JSON from layers and back: no connection, no files.

`to_result` writes regions and relations, `from_result` reads them, `tasks` does whole tasks with their metadata, and
`outcomes` finds what an annotator made of each predicted item.
"""
