package config

import (
	"crypto/tls"
	"crypto/x509"
)

// Temporal says where its server is. The variables are those of Temporal's own environment configuration.
type Temporal struct {
	Address   string
	Namespace string
	APIKey    string
	// TLS is nil for none.
	TLS *tls.Config
}

func (r *reader) temporal() Temporal {
	t := Temporal{
		Address:   r.matching("TEMPORAL_ADDRESS", hostPort, "is not host:port"),
		Namespace: r.text("TEMPORAL_NAMESPACE"),
		APIKey:    r.text("TEMPORAL_API_KEY"),
		TLS:       r.tls(),
	}
	if t.Address == "" {
		t.Address = "127.0.0.1:7233"
	}
	if t.Namespace == "" {
		t.Namespace = "default"
	}
	return t
}

func (r *reader) tls() *tls.Config {
	ca := r.file("TEMPORAL_TLS_SERVER_CA_CERT_PATH")
	cert, key := r.file("TEMPORAL_TLS_CLIENT_CERT_PATH"), r.file("TEMPORAL_TLS_CLIENT_KEY_PATH")
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	isAsked := false
	switch r.text("TEMPORAL_TLS") {
	case "":
	case "true":
		isAsked = true
	case "false":
	default:
		r.bad("TEMPORAL_TLS is neither true nor false")
	}
	if ca != nil {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(ca) {
			r.bad("TEMPORAL_TLS_SERVER_CA_CERT_PATH names a file without a certificate")
		}
		isAsked = true
	}
	if cert != nil && key != nil {
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			r.bad("TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH are no pair of certificate and key")
		}
		config.Certificates = []tls.Certificate{pair}
		isAsked = true
	}
	if !isAsked {
		return nil
	}
	return config
}
