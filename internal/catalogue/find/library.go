package find

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"socle/internal/catalogue"
	"socle/internal/identity"
)

// format is the version of what the folder holds; another one is made again.
const format = 2

// seqKey names the change up to which an index was fed.
var seqKey = []byte("seq")

// errStale: a folder cannot be used and is made again.
var errStale = errors.New("the index is to be made again")

// shelf is an index of Bleve in a folder, fed up to a change.
type shelf struct {
	path   string
	index  index.Index
	queue  *index.AnalysisQueue
	seq    int64
	reader index.IndexReader
}

func shelfPath(dir, name string) string {
	return filepath.Join(dir, name+"-"+strconv.Itoa(format))
}

// openShelf opens an index that was made; errStale when there is none.
func openShelf(path string) (s *shelf, err error) {
	if _, err := os.Stat(filepath.Join(path, "root.bolt")); err != nil {
		return nil, errStale
	}
	s = &shelf{path: path, queue: index.NewAnalysisQueue(1)}
	s.index, err = scorch.NewScorch(scorch.Name, map[string]any{"path": path, "bolt_timeout": "2s"}, s.queue)
	if err == nil {
		err = s.index.Open()
	}
	if err != nil {
		s.queue.Close()
		return nil, errors.Join(errStale, err)
	}
	if err := s.read(); err != nil {
		return nil, errors.Join(errStale, err, s.close())
	}
	kept, err := s.reader.GetInternal(seqKey)
	if err != nil || len(kept) != 8 {
		return nil, errors.Join(errStale, err, s.close())
	}
	s.seq = int64(binary.BigEndian.Uint64(kept))
	return s, nil
}

func seqValue(seq int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(seq)) }

// read takes a reader of what the index holds now.
func (s *shelf) read() error {
	r, err := s.index.Reader()
	if err != nil {
		return err
	}
	if s.reader != nil {
		err = s.reader.Close()
	}
	s.reader = r
	return err
}

// apply writes a batch, which says up to which change it goes.
func (s *shelf) apply(b *index.Batch, seq int64) error {
	b.SetInternal(seqKey, seqValue(seq))
	if err := s.index.Batch(b); err != nil {
		return err
	}
	s.seq = seq
	return nil
}

func (s *shelf) close() error {
	var err error
	if s.reader != nil {
		err = s.reader.Close()
	}
	err = errors.Join(err, s.index.Close())
	s.queue.Close()
	return err
}

// maker makes an index in one go, beside its place.
type maker struct {
	path, temp string
	builder    *scorch.Builder
	n          int
}

func newMaker(path string, seq int64) (*maker, error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(dir, "making-")
	if err != nil {
		return nil, err
	}
	b, err := scorch.NewBuilder(map[string]any{"path": filepath.Join(temp, "index"), "buildPathPrefix": temp, "batchSize": 1000, "mergeMax": 20, "internal": map[string][]byte{string(seqKey): seqValue(seq)}})
	return &maker{path: path, temp: temp, builder: b}, err
}

func (m *maker) add(d index.Document) error {
	m.n++
	return m.builder.Index(d)
}

// done puts the index in its place. Without a document there is nothing that
// the builder could write: an empty index is made.
func (m *maker) done(seq int64) error {
	defer os.RemoveAll(m.temp)
	made := filepath.Join(m.temp, "index")
	if m.n > 0 {
		if err := m.builder.Close(); err != nil {
			return err
		}
	} else if err := makeEmpty(made, seq); err != nil {
		return err
	}
	if err := os.RemoveAll(m.path); err != nil {
		return err
	}
	return os.Rename(made, m.path)
}

func makeEmpty(path string, seq int64) error {
	queue := index.NewAnalysisQueue(1)
	defer queue.Close()
	x, err := scorch.NewScorch(scorch.Name, map[string]any{"path": path}, queue)
	if err != nil {
		return err
	}
	if err := x.Open(); err != nil {
		return err
	}
	return errors.Join(x.SetInternal(seqKey, seqValue(seq)), x.Close())
}

// library is the index of datasets and what is kept of them in memory.
type library struct {
	*shelf
	docs    []fact                            // a hole has no ID
	at      map[catalogue.DatasetID]int32     // place in docs
	numbers []int32                           // place in docs by Bleve's number; -1: no longer
	names   map[string]uint32                 // DIMENSION:VALUE to its number
	values  []string                          // the opposite
	public  []bool                            // by place in docs: anybody sees it
	hidden  map[sight][]int32                 // places of those that some see
	zones   map[string]string                 // names of the values of Zone
	orgs    map[identity.OrganisationID]owner // all that live
	stamp   string                            // of the organisations
	use     map[catalogue.DatasetID]int64     // how often each was asked for
	behind  []catalogue.DatasetID             // whose organisation has another name than in their document
	schemas []named
}

// owner is an organisation, and named what is suggested beside datasets.
type owner struct {
	identity.Organisation
	calling
}

// sight is what decides who sees a document.
type sight struct {
	state catalogue.State
	owner identity.OrganisationID
}

// number gives a value of a dimension its number.
func (l *library) number(value string) uint32 {
	n, ok := l.names[value]
	if !ok {
		n = uint32(len(l.values))
		l.names[value] = n
		l.values = append(l.values, value)
	}
	return n
}

// settle derives of a fact what is not kept on disk.
func (l *library) settle(f *fact) {
	f.use = l.use[f.ID]
	f.titleFold = identity.Fold(f.Title)
	f.titleWords = len(telling(words(f.Title)))
	f.values = f.values[:0]
	for _, v := range f.Values {
		f.values = append(f.values, l.number(v))
	}
	for zone, name := range f.Zones {
		l.zones[zone] = name
	}
	f.Values, f.Zones = nil, nil // numbered above
	f.values = append(f.values, l.number(string(Producer)+":"+string(f.Organisation)))
	o, ok := l.orgs[f.Organisation]
	if o.Name != f.Owner {
		l.behind = append(l.behind, f.ID)
	}
	f.Owner = ""
	if ok {
		f.values = append(f.values, l.number(string(Authority)+":"+string(o.Kind)))
	}
}

// load reads what the documents of the index keep.
func (l *library) load() error {
	l.docs, l.at = nil, map[catalogue.DatasetID]int32{}
	l.names, l.values, l.zones = map[string]uint32{}, nil, map[string]string{}
	return l.eachDocument(func(number uint64, id string) error {
		return l.take(id)
	})
}

// take reads a document of the index into memory.
func (l *library) take(id string) error {
	d, err := l.reader.Document(id)
	if err != nil || d == nil {
		return err
	}
	var f fact
	d.VisitFields(func(field index.Field) {
		if field.Name() == factsField {
			err = json.Unmarshal(field.Value(), &f)
		}
	})
	f.ID = catalogue.DatasetID(id)
	l.settle(&f)
	if at, ok := l.at[f.ID]; ok {
		l.docs[at] = f
		return err
	}
	l.at[f.ID] = int32(len(l.docs))
	l.docs = append(l.docs, f)
	return err
}

// forget leaves a hole.
func (l *library) forget(id catalogue.DatasetID) {
	if at, ok := l.at[id]; ok {
		l.docs[at] = fact{}
		delete(l.at, id)
	}
}

// eachDocument gives every document of the reader, by Bleve's number.
func (l *library) eachDocument(give func(number uint64, id string) error) error {
	all, err := l.reader.DocIDReaderAll()
	if err != nil {
		return err
	}
	defer all.Close()
	for {
		n, err := all.Next()
		if err != nil || n == nil {
			return err
		}
		id, err := l.reader.ExternalID(n)
		if err != nil {
			return err
		}
		if err := give(n.Value(), id); err != nil {
			return err
		}
	}
}

// order learns who sees the documents and which changed last.
func (l *library) order() {
	l.public, l.hidden = make([]bool, len(l.docs)), map[sight][]int32{}
	places := make([]int32, 0, len(l.docs))
	for i := range l.docs {
		f := &l.docs[i]
		switch {
		case f.ID == "":
			continue
		case f.State == catalogue.Published:
			l.public[i] = true
		case f.State != catalogue.Withdrawn:
			k := sight{f.State, f.Organisation}
			l.hidden[k] = append(l.hidden[k], int32(i))
		}
		places = append(places, int32(i))
	}
	slices.SortFunc(places, func(a, b int32) int {
		return cmp.Or(cmp.Compare(l.docs[b].ModifiedAt, l.docs[a].ModifiedAt), cmp.Compare(l.docs[b].ID, l.docs[a].ID))
	})
	for n, at := range places {
		l.docs[at].recency = int32(n)
	}
}

// renumber learns Bleve's numbers of the documents, which change with each reader.
func (l *library) renumber() error {
	l.order()
	l.numbers = l.numbers[:0]
	return l.eachDocument(func(number uint64, id string) error {
		for uint64(len(l.numbers)) <= number {
			l.numbers = append(l.numbers, -1)
		}
		if at, ok := l.at[catalogue.DatasetID(id)]; ok {
			l.numbers[number] = at
		}
		return nil
	})
}
