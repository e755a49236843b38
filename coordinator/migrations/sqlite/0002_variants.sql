-- Scores of the test images that tuning never sees, little-endian 64-bit floats like the others; NULL without any.
ALTER TABLE outcomes ADD COLUMN test_scores BLOB;
