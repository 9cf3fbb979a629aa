"""The machine under the project: files, locks, memory, disk, messages; imports nothing else of lga."""
