-- What a case was dismissed as: people's word on whether a mention was about us at all.
ALTER TABLE cases ADD COLUMN dismissed TEXT;
