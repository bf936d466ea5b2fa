-- What a grant allows of each capability: constraints and limits, as the JSON array that the kernel wrote. What cannot be read there is a fault, so there is no way to say nothing but "[]".

ALTER TABLE grants ADD COLUMN powers TEXT NOT NULL DEFAULT '[]';
