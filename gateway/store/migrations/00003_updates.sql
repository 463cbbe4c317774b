-- Which letters a letter was changed by: asked when a receiver agrees to a change.
CREATE INDEX relations_document ON relations (sender, document_id, kind);
