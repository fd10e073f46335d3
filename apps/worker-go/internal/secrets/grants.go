package secrets

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"treadle.dev/treadle/internal/contract"
	"treadle.dev/treadle/internal/settings"
)

// Grant says who may use a secret, and for which servers; what is nil is open.
type Grant struct {
	Tenants []string `json:"tenants"`
	// Workflows are stored ones by name: a document that is posted with a run may take any name, so it is none of them.
	Workflows []string `json:"workflows"`
	// Hosts are those that it may be sent to: `api.example.com`, with a port where the URL has one, or `*.example.com`.
	Hosts []string `json:"hosts"`
}

// Grants has them by the secret's name. A secret that is not named here is open to all.
type Grants map[string]Grant

// Use is what a secret is wanted for. Host is that of the URL, in lower case; "": it is not sent anywhere by us.
type Use struct {
	Run  contract.RunRef
	Host string
}

// WorkflowOf gives the name of the stored workflow that a run executes; "" where its document was posted with it.
type WorkflowOf func(ctx context.Context, run contract.RunRef) (string, error)

// ParseGrants reads the table from JSON, or from a file that holds it. The error completes "TREADLE_GRANTS …".
func ParseGrants(text string) (Grants, error) {
	text, err := settings.JSONOrFile(text, "a file of it")
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var grants Grants
	if err := decoder.Decode(&grants); err != nil || grants == nil || decoder.More() {
		return nil, errors.New("has to be an object: secret name → { tenants, workflows, hosts }, each a list of texts")
	}
	return grants, nil
}

// check is nil where the secret may be used so. The error is of type `auth`, and never shows a value.
func (g Grants) check(ctx context.Context, secret string, use Use, workflowOf WorkflowOf) error {
	grant, named := g[secret]
	if !named {
		return nil
	}
	refused := func(to string) error {
		return contract.NewError("auth", "The secret "+secret+" is not granted "+to+": the operator says so in TREADLE_GRANTS.")
	}
	if grant.Tenants != nil && !slices.Contains(grant.Tenants, use.Run.Tenant) {
		return refused("to this tenant")
	}
	if grant.Hosts != nil && use.Host != "" && !slices.ContainsFunc(grant.Hosts, func(pattern string) bool { return fits(pattern, use.Host) }) {
		return refused("to be sent to " + use.Host)
	}
	if grant.Workflows == nil {
		return nil
	}
	workflow, err := workflowOf(ctx, use.Run)
	switch {
	case err != nil:
		return err
	case workflow == "":
		return refused("to documents that are posted with a run, only to stored workflows")
	case !slices.Contains(grant.Workflows, workflow):
		return refused("to the workflow " + workflow)
	}
	return nil
}

func fits(pattern, host string) bool {
	wanted := strings.ToLower(pattern)
	if domain, isAny := strings.CutPrefix(wanted, "*"); isAny && strings.HasPrefix(domain, ".") {
		return strings.HasSuffix(host, domain)
	}
	return host == wanted
}
