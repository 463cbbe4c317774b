package pdf

import (
	"context"

	"congvan/signer"
	"congvan/signer/pdf/changes"
	"congvan/signer/pdf/syntax"
)

// judgeChanges classes what was changed since a signature, under what it and the
// policy allow. For a document time stamp it is told, too, but does not touch what the
// stamp proves of the bytes before it.
func (e *examination) judgeChanges(c *candidate) {
	if c.revision == nil {
		return
	}
	held, err := e.heldBy(c)
	if err != nil {
		c.stuck(err, changesUnknown(err))
		return
	}
	c.permissions = held.Permissions
	if c.revision.Index == e.file.Latest().Index {
		c.changes = signer.ModificationNone
		return
	}
	res, err := e.history.Since(c.revision.Index, held)
	if err != nil {
		c.changes = signer.ModificationOther
		c.stuck(err, changesUnknown(err))
		return
	}
	c.changes = res.Level
	c.judgeResult(res, e.policy.Changes.Allowed)
}

// judgeResult turns what was found changed into a verdict.
func (c *candidate) judgeResult(res changes.Result, allowed signer.Modification) {
	switch {
	case len(res.Violations) > 0:
		c.judge(signer.Failed(signer.FormatFailure, append([]signer.Reason{changesForbidden()}, told(res.Violations)...)...))
	case res.Level.Rank() >= signer.ModificationOther.Rank():
		c.judge(signer.Failed(signer.FormatFailure, append([]signer.Reason{changesForbidden()}, beyond(res, signer.ModificationAnnotations)...)...))
	case res.Level.Rank() > allowed.Rank():
		c.judge(signer.Unsure(signer.SigConstraintsFailed, append([]signer.Reason{changesBeyondPolicy(res.Level)}, beyond(res, allowed)...)...))
	}
}

// maxTold is how many findings a report lists for one signature.
const maxTold = 20

func told(all []changes.Finding) (reasons []signer.Reason) {
	for _, f := range all[:min(len(all), maxTold)] {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

// beyond tells the findings that go beyond a level.
func beyond(res changes.Result, allowed signer.Modification) []signer.Reason {
	var all []changes.Finding
	for _, f := range res.Findings {
		if f.Level.Rank() > allowed.Rank() {
			all = append(all, f)
		}
	}
	return told(all)
}

// heldBy reads what a signature allows and forbids, as of the revision that it covers.
func (e *examination) heldBy(c *candidate) (changes.Rules, error) {
	if c.isStamp() || c.dict == nil {
		return changes.Rules{SignedFields: e.signedFields(c.revision)}, nil
	}
	rules, certification, err := rulesOf(c.revision, c.dict, c.field.Dict)
	if err != nil {
		return rules, err
	}
	rules.SignedFields = e.signedFields(c.revision)
	if certification && e.before(c) {
		c.remark(lateCertification())
	}
	c.certifies, err = e.certifies(c)
	return rules, err
}

// certifies says whether the catalog names a signature as the document's certification
// (/Perms /DocMDP, ISO 32000-2, 12.8.4), as of the revision that it covers.
func (e *examination) certifies(c *candidate) (bool, error) {
	catalog, _, err := c.revision.Catalog()
	if err != nil {
		return false, err
	}
	perms, err := c.revision.Dict(catalog["Perms"])
	if err != nil || perms == nil {
		return false, err
	}
	ref, ok := perms["DocMDP"].(syntax.Ref)
	return ok && ref == c.ref, nil
}

// before says whether a signature was there before a candidate.
func (e *examination) before(c *candidate) bool {
	for _, o := range e.all {
		if o != c && !o.isStamp() && o.first.Index < c.first.Index {
			return true
		}
	}
	return false
}

// signedFields names the fields that bear a signature in a revision.
func (e *examination) signedFields(r *syntax.Revision) (names []string) {
	for _, c := range e.all {
		if c.first.Index <= r.Index {
			names = append(names, c.field.Name)
		}
	}
	return names
}

// judgeSignatures judges the signatures with the proofs that the document time stamps gave.
func (e *examination) judgeSignatures(ctx context.Context) {
	for _, c := range e.all {
		if c.isStamp() {
			continue
		}
		e.judgeChanges(c)
		e.judgeForm(c)
		if !c.intact || c.Indication == signer.TotalFailed {
			continue
		}
		c.claim.Evidence = e.evidence(c)
		c.claim.ProvenBy = e.provenBy(c)
		c.claim.ClaimedTime = c.claimedTime()
		if c.signer != nil {
			c.signatureStamps()
		}
		c.outcome = e.process.Signature(ctx, c.claim)
		c.judge(c.outcome.Verdict)
	}
}

// judgeForm checks what PAdES asks of a signature's attributes (EN 319 142-1, 6.3).
func (e *examination) judgeForm(c *candidate) {
	if c.subFilter != subFilter || c.signer == nil {
		return
	}
	if !c.bindsCertificate() && e.policy.Signer.RequireSigningCertificate {
		c.judge(signer.Unsure(signer.SigConstraintsFailed, signingCertificateMissing()))
	}
	if c.signer.SigningTime != nil {
		c.remark(cmsSigningTime())
	}
}

func (c *candidate) bindsCertificate() bool {
	return c.signer.SignedAttributes && c.signer.SigningCertificate != nil
}
